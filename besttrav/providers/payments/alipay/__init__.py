"""Alipay by its gateway protocol with RSA2: page pay and wap pay. A payment exists there only once the person has arrived."""
